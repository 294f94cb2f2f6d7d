#!/bin/bash
# A real single-node Apache Kafka (KRaft) for tests, from its Maven artifacts. Needs Java 17 or newer and Maven:
# `scripts/setup test` installs both.
#   kafka.sh install LIBS            fetch the jars that pom.xml names (55 MB) into LIBS; does nothing the second time
#   kafka.sh start LIBS PORT DIR     format DIR on first use, start, wait until it answers; pid in DIR/pid
#   kafka.sh stop DIR                clean stop, waited for; `kill -9 $(cat DIR/pid)` is the crash
#   kafka.sh serve LIBS PORT         start in a directory of its own, print `ready DIR`, and when standard input ends kill
#                                    it and remove the directory: it cannot outlive the test that holds the other end
#   kafka.sh tool LIBS CLASS ARGS…   one of Kafka's own tools, e.g. org.apache.kafka.tools.TopicCommand
# PORT + 1 is the controller's. Lines in KAFKA_PROPERTIES are added to the broker's properties, where PORT + 2 is free for
# a further listener (@SPORT@).
set -eu
here=$(cd "$(dirname "$0")" && pwd)

need() {
  command -v "$1" > /dev/null || { echo "$1 is missing: run scripts/setup test" >&2; exit 1; }
}

install() {
  local libs=$1
  need java
  need mvn
  mkdir -p "$libs"
  # Maven takes a relative path as relative to its pom.xml
  libs=$(cd "$libs" && pwd)
  # one at a time: test programs may start side by side
  exec 9> "$libs/.lock"
  flock 9
  [ -e "$libs/.complete" ] && cmp -s "$here/pom.xml" "$libs/.complete" && return
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$libs"
  cp "$here/pom.xml" "$libs/.complete"
}

start() {
  local libs=$1 port=$2 dir=$3 id
  need java
  mkdir -p "$dir"
  { cat "$here/server.properties.in"; echo "${KAFKA_PROPERTIES:-}"; } |
    sed "s|@PORT@|$port|g; s|@CPORT@|$((port + 1))|g; s|@SPORT@|$((port + 2))|g; s|@DIR@|$dir|g" > "$dir/server.properties"
  if [ ! -f "$dir/data/meta.properties" ]; then
    id=$(java -cp "$libs/*" kafka.tools.StorageTool random-uuid 2> /dev/null | tail -1)
    java -cp "$libs/*" kafka.tools.StorageTool format --standalone -t "$id" -c "$dir/server.properties" > "$dir/format.log" 2>&1
  fi
  java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$libs/*" kafka.Kafka "$dir/server.properties" >> "$dir/kafka.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$dir/pid"
  disown # bash would report its end
  for _ in $(seq 240); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && return
    kill -0 "$(cat "$dir/pid")" 2> /dev/null || break
    sleep 0.25
  done
  tail -20 "$dir/kafka.log" >&2
  exit 1
}

stop() {
  local pid
  pid=$(cat "$1/pid")
  kill "$pid"
  for _ in $(seq 120); do
    kill -0 "$pid" 2> /dev/null || return 0
    sleep 0.25
  done
  kill -9 "$pid"
}

case ${1:-} in
install) install "$2" ;;
start) start "$2" "$3" "$4" ;;
stop) stop "$2" ;;
serve)
  dir=$(mktemp -d)
  # a test may have restarted the broker since: the file has the last one's pid
  trap 'kill -9 "$(cat "$dir/pid")" 2> /dev/null || true; rm -rf "$dir"' EXIT
  start "$2" "$3" "$dir"
  echo "ready $dir"
  cat > /dev/null
  ;;
tool) libs=$2; shift 2; exec java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$libs/*" "$@" ;;
*) sed -n 2,12p "$0"; exit 2 ;;
esac
