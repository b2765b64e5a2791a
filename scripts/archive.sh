#!/bin/sh
# Keeps the classes that a run loads as the JVM has them in memory (class data sharing): processes start with a third less work.
# cli/target/muster.jar -> cli/target/muster.jsa, which JavaCommand names to every process. Rerun after each build; about 15 s.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/jdk.sh"
find_jdk
jar=$root/cli/target/muster.jar
archive=$root/cli/target/muster.jsa
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -f "$archive"
# What each process of a small run loads: command, master, agent, workers. Every one of them writes a list of its own.
JDK_JAVA_OPTIONS="-XX:DumpLoadedClassList=$work/%p.classes" "$JDK/bin/java" "-Dmuster.home=$root" @"$root/scripts/service.options" -cp "$jar" \
  dev.muster.cli.MusterCommand run --run-dir "$work/run" --workers 2 --spares 0 --model mlp --steps 20 \
  -Dmuster.worker.settings.hidden=16 -Dmuster.worker.settings.evaluation-windows=1 >"$work/run.log" 2>&1 || {
  tail -n 20 "$work/run.log" >&2
  exit 1
}
# Numbers of classes are those of one process; classes of generated code (source:) belong to it alone.
cat "$work"/*.classes | grep -v -e '^#' -e ' source: ' | sed 's/ id: .*//' | awk '!seen[$0]++' >"$work/all"
"$JDK/bin/java" -Xshare:dump -Xlog:disable -Xlog:all=error -XX:+UseSerialGC --add-modules=jdk.incubator.vector \
  "-XX:SharedClassListFile=$work/all" "-XX:SharedArchiveFile=$archive.part" -cp "$jar"
mv "$archive.part" "$archive"
