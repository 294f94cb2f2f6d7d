#!/bin/bash
# A real Apache Kafka (KRaft) for tests, of one node or of three, from its Maven artifacts. Needs Java 17 or newer and
# Maven: `scripts/setup test` installs both.
#   kafka.sh install LIBS            fetch the jars that pom.xml names (55 MB) into LIBS; does nothing the second time
#   kafka.sh start LIBS PORT DIR [N] format DIR/N on first use, start node N (1), wait until it answers; pid in DIR/N/pid
#   kafka.sh stop DIR [N]            clean stop, waited for; `kill -9 $(cat DIR/N/pid)` is the crash
#   kafka.sh serve LIBS PORT         start all nodes in a directory of their own, print `ready DIR`, and when standard input
#                                    ends kill them and remove the directory: they cannot outlive the test at the other end
#   kafka.sh tool LIBS CLASS ARGS…   one of Kafka's own tools, e.g. org.apache.kafka.tools.TopicCommand
# KAFKA_NODES says how many nodes there are. Node N has three ports: from PORT + 3 (N - 1) its own, its controller's, and
# a free one for a further listener (@SPORT@). Lines in KAFKA_PROPERTIES, or in KAFKA_PROPERTIES_N, are added to its
# properties.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
nodes=${KAFKA_NODES:-1}

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
  local libs=$1 first=$2 node=${4:-1} dir=$3/${4:-1} port properties
  need java
  mkdir -p "$dir"
  port=$((first + 3 * (node - 1)))
  properties=KAFKA_PROPERTIES_$node
  { cat "$here/server.properties.in"; printf '%s\n' "${KAFKA_PROPERTIES:-}" "${!properties:-}"; } |
    sed "s|@NODE@|$node|g; s|@PORT@|$port|g; s|@CPORT@|$((port + 1))|g; s|@SPORT@|$((port + 2))|g; s|@DIR@|$dir|g
      s|@VOTERS@|$(voters "$first")|g; s|@REPLICAS@|$nodes|g; s|@INSYNC@|$((nodes / 2 + 1))|g" > "$dir/server.properties"
  if [ ! -f "$dir/data/meta.properties" ]; then
    # any id will do, if all nodes have the same
    java -cp "$libs/*" kafka.tools.StorageTool format -t copydeskTestCluster0w -c "$dir/server.properties" \
      > "$dir/format.log" 2>&1
  fi
  java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$libs/*" kafka.Kafka "$dir/server.properties" >> "$dir/kafka.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$dir/pid"
  disown # bash would report its end
  [ "${5:-}" = unwaited ] || wait_for "$port" "$dir"
}

voters() {
  local node list
  for node in $(seq "$nodes"); do list=${list:+$list,}$node@127.0.0.1:$(($1 + 3 * (node - 1) + 1)); done
  echo "$list"
}

wait_for() {
  local port=$1 dir=$2
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
  pid=$(cat "$1/${2:-1}/pid")
  kill "$pid"
  for _ in $(seq 120); do
    kill -0 "$pid" 2> /dev/null || return 0
    sleep 0.25
  done
  kill -9 "$pid"
}

serve() {
  local libs=$1 port=$2 node
  dir=$(mktemp -d) # of the whole script: the trap runs outside of this function
  # a test may have restarted a node since: the files have the last pids
  trap 'for pid in "$dir"/*/pid; do kill -9 "$(cat "$pid")" 2> /dev/null || true; done; rm -rf "$dir"' EXIT
  # none answers before most of them run
  for node in $(seq "$nodes"); do start "$libs" "$port" "$dir" "$node" unwaited; done
  for node in $(seq "$nodes"); do wait_for $((port + 3 * (node - 1))) "$dir/$node"; done
  echo "ready $dir"
  cat > /dev/null
}

case ${1:-} in
install) install "$2" ;;
start) start "$2" "$3" "$4" "${5:-1}" ;;
stop) stop "$2" "${3:-1}" ;;
serve) serve "$2" "$3" ;;
tool) libs=$2; shift 2; exec java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$libs/*" "$@" ;;
*) sed -n 2,14p "$0"; exit 2 ;;
esac
