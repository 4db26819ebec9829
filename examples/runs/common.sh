# Shared by the runs in this folder; to be sourced. Says where things are and makes the input.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null

readonly JAR=examples/target/logweir-examples.jar
readonly RECORDED=examples/target/recorded-build.log
readonly JOBS=20
JOB_BYTES=$((2 << 20))

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

build() {
  [[ -f $JAR ]] || mvn -q -pl examples -am -DskipTests package
  WORK=$(mktemp -d)
  trap 'rm -rf -- "$WORK"' EXIT
  mkdir "$WORK/written"
  record
}

# The debug output of a real build, kept until the next clean, and from it what each job prints: $JOB_BYTES and
# more, begun at another place, so that no two jobs print the same.
record() {
  local job lines start
  if [[ ! -f $RECORDED ]]; then
    mvn -X --batch-mode -Dstyle.color=never -Dmaven.test.skip -pl examples -am package >"$WORK/build.log" 2>&1 \
      || die "the build to record failed: $(tail -n 5 "$WORK/build.log")"
    # With a line end behind the last line: the endpoint writes one behind each.
    [[ -z $(tail -c 1 "$WORK/build.log") ]] || echo >>"$WORK/build.log"
    mv "$WORK/build.log" "$RECORDED"
  fi
  lines=$(wc -l <"$RECORDED")
  for ((job = 1; job <= JOBS; job++)); do
    start=$((lines * job / (JOBS + 1)))
    {
      echo "the build as job $job prints it"
      tail -n "+$start" "$RECORDED"
      while cat "$RECORDED"; do :; done
    } 2>/dev/null | head -c "$JOB_BYTES" | sed '$a\' >"$WORK/written/job-$job.log" || true
  done
  echo "recorded: $(cat "$WORK"/written/* | wc -c) bytes for $JOBS jobs, from a build's $(wc -c <"$RECORDED")"
}

# runner ARGUMENTS...: runs the jobs all at once; the result is in $WORK/result too. Sets STATUS.
runner() {
  STATUS=0
  java ${JAVA_OPTIONS:-} -jar "$JAR" --jobs "$JOBS" --concurrency "$JOBS" "$@" | tee "$WORK/result" || STATUS=$?
}

# total NAME: the number of that name in the last result.
total() {
  local number
  number=$(sed -n "s/^total: .*\b$1=\([0-9.]*\).*/\1/p" "$WORK/result")
  [[ -n $number ]] || die "no $1 in the result"
  echo "$number"
}

expect_status() {
  [[ $STATUS == "$1" ]] || die "exit code $STATUS, not $1"
}

# What the jobs wrote is what was shipped, filtered and dropped, to the byte.
expect_balance() {
  local sum=$(($(total shipped) + $(total filtered) + $(total dropped)))
  [[ $(total accepted) == "$sum" ]] || die "accepted $(total accepted) bytes, but $sum are accounted for"
}

expect_identical() {
  local job
  for ((job = 1; job <= JOBS; job++)); do
    cmp "$WORK/written/job-$job.log" "$WORK/arrived/job-$job.log" || die "job $job did not arrive as written"
  done
  echo "identical: $JOBS logs, as written and as arrived"
}

# gap_check [--may-end-early]: what arrived is what was written without the gaps marked in it.
gap_check() {
  local job
  for ((job = 1; job <= JOBS; job++)); do
    java -XX:TieredStopAtLevel=1 -cp "$JAR" dev.logweir.examples.GapCheck "$@" \
      "$WORK/written/job-$job.log" "$WORK/arrived/job-$job.log" || die "job $job did not arrive as it should"
  done
  echo "as written, without the gaps marked: $JOBS logs with $(cat "$WORK"/arrived/job-*.log | grep -c '^\[logweir [0-9a-f]\{8\}\] ' || true) gaps"
}
