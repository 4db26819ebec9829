// What .ci/faktory builds: the server that the tests of faktory-sink talk to.
module dev.logweir/faktory-server

go 1.24

require github.com/contribsys/faktory v1.9.3
