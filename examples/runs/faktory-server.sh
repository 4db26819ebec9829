# A Faktory server for the runs in this folder; to be sourced after common.sh, whose $WORK it uses.

# start_faktory [PASSWORD]: starts one on a free port of loopback, exports its FAKTORY_URL, and ends it with the run.
start_faktory() {
  local programs port
  programs=$(.ci/faktory)
  FAKTORY_PID=
  unset FAKTORY_PROVIDER
  trap 'stop_faktory; rm -rf -- "$WORK"' EXIT
  for _ in 1 2 3; do
    port=$((20000 + RANDOM % 10000))
    FAKTORY_PASSWORD=${1:-} PATH=$programs:$PATH "$programs/faktory" -b "127.0.0.1:$port" -w :0 -e development \
      -d "$WORK/faktory" -c "$WORK" >"$WORK/faktory.log" 2>&1 &
    FAKTORY_PID=$!
    while kill -0 "$FAKTORY_PID" 2>/dev/null; do
      if grep -q 'listening at' "$WORK/faktory.log"; then
        export FAKTORY_URL=tcp://${1:+:$1@}127.0.0.1:$port
        return
      fi
      sleep 0.1
    done
  done
  die "Faktory does not start: $(cat "$WORK/faktory.log")"
}

stop_faktory() {
  # One that a run has stopped hears of its end only when it goes on.
  [[ -z $FAKTORY_PID ]] || kill "$FAKTORY_PID" 2>/dev/null || true
  [[ -z $FAKTORY_PID ]] || kill -CONT "$FAKTORY_PID" 2>/dev/null || true
  [[ -z $FAKTORY_PID ]] || wait "$FAKTORY_PID" || true
  FAKTORY_PID=
}
