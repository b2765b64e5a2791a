# Sourced by ./muster, ./mvnw and ./format. Sets JDK to the home of a JDK 25 or newer; without one says where it looked and exits 2.

# Feature version of the JDK in $1, empty if there is none. Reading `release` costs nothing, asking java about 50 ms.
jdk_version() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
  jdk_found=
  [ -f "$1/release" ] && jdk_found=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release")
  [ -n "$jdk_found" ] ||
    jdk_found=$("$1/bin/java" -XshowSettings:properties -version 2>&1 |
      sed -n 's/.*java.specification.version = \([0-9][0-9]*\).*/\1/p')
  printf '%s' "$jdk_found"
}

jdk_new_enough() {
  jdk_major=$(jdk_version "$1")
  [ -n "$jdk_major" ] && [ "$jdk_major" -ge 25 ]
}

# Home of the java on the PATH, through links.
jdk_on_path() {
  jdk_java=$(command -v java 2>/dev/null) || return 0
  jdk_java=$(readlink -f "$jdk_java" 2>/dev/null || printf '%s' "$jdk_java")
  dirname "$(dirname "$jdk_java")"
}

find_jdk() {
  JDK=
  if [ -n "${MUSTER_JAVA_HOME:-}" ]; then
    jdk_new_enough "$MUSTER_JAVA_HOME" && JDK=$MUSTER_JAVA_HOME && return
    echo "MUSTER_JAVA_HOME=$MUSTER_JAVA_HOME is not a JDK 25 or newer; point it to one, or unset it and the usual places are searched." >&2
    exit 2
  fi
  for jdk_home in "${JAVA_HOME:-}" "$(jdk_on_path)" \
    /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/jdk/* /usr/local/openjdk* "$HOME"/.jdks/* "$HOME"/.sdkman/candidates/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$jdk_home" ] && jdk_new_enough "$jdk_home"; then
      JDK=$jdk_home
      return
    fi
  done
  echo "Muster needs a JDK 25 or newer and found none: looked in MUSTER_JAVA_HOME (not set), JAVA_HOME (${JAVA_HOME:-not set}), the PATH," \
    "/usr/lib/jvm, /usr/java, /opt/java, /opt/jdk, /usr/local, ~/.jdks, ~/.sdkman and /Library/Java; install one there or set MUSTER_JAVA_HOME." >&2
  exit 2
}

# Runs Maven on that JDK. The flag keeps Maven's own Guava from printing four lines about Unsafe.
maven() {
  command -v mvn >/dev/null 2>&1 || {
    echo "Muster is built by Maven and there is no mvn on the PATH; install Maven 3.8 or newer." >&2
    exit 2
  }
  JAVA_HOME=$JDK MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" mvn "$@"
}
