# shellcheck shell=sh
# Sourced by herd and mvnw: finds a JDK and exports JAVA_HOME. A JDK's "release" file is read; nothing is started.

JDK_MINIMUM=25

# is_jdk HOME: whether HOME is a JDK of at least that version.
is_jdk() {
    [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    jdk_version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release")
    [ "${jdk_version:-0}" -ge "$JDK_MINIMUM" ]
}

# follow PATH: PATH with symbolic links in its last part resolved.
follow() {
    followed=$1
    while [ -L "$followed" ]; do
        link=$(readlink "$followed")
        case $link in
            /*) followed=$link ;;
            *) followed=$(dirname "$followed")/$link ;;
        esac
    done
    printf '%s\n' "$followed"
}

# find_jdk: JAVA_HOME, the java on PATH, the system's JDKs, SDKMAN's, macOS's; explains and fails if none will do.
find_jdk() {
    path_java=$(command -v java || true)
    path_home=
    [ -z "$path_java" ] || path_home=$(dirname "$(dirname "$(follow "$path_java")")")
    mac_home=
    [ ! -x /usr/libexec/java_home ] || mac_home=$(/usr/libexec/java_home -v "$JDK_MINIMUM+" 2>/dev/null || true)
    for home in "${JAVA_HOME:-}" "$path_home" "${HERD_JVM_DIR:-/usr/lib/jvm}"/* \
        "${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/* "$mac_home"; do
        if is_jdk "$home"; then
            JAVA_HOME=$home
            export JAVA_HOME
            return 0
        fi
    done
    cat >&2 <<END
Herd needs a JDK of version $JDK_MINIMUM or newer, and none was found in JAVA_HOME, on PATH,
in ${HERD_JVM_DIR:-/usr/lib/jvm} or among SDKMAN's. Install one, for example Eclipse Temurin $JDK_MINIMUM:
  with SDKMAN            sdk install java $JDK_MINIMUM-tem
  on Debian or Ubuntu    apt install openjdk-$JDK_MINIMUM-jdk-headless
                         (or temurin-$JDK_MINIMUM-jdk from Adoptium's package repository)
  on macOS               brew install --cask temurin@$JDK_MINIMUM
and run this again, or set JAVA_HOME to one that is installed elsewhere.
END
    return 1
}
