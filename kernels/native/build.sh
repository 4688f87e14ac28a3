#!/bin/sh
# Compiles the kernels with this machine's C compiler: build.sh LIBRARY_FOLDER OBJECT_FOLDER. Without a compiler it says
# so in one line and leaves the library out. CC names another compiler, for example a cross compiler with TARGET=linux-aarch64.
set -eu
library_folder=$1
object_folder=$2
sources=$(cd "$(dirname "$0")/src/main/c" && pwd)

system=$(uname -s | tr '[:upper:]' '[:lower:]')
machine=$(uname -m | sed 's/^arm64$/aarch64/; s/^amd64$/x86_64/')
target=${TARGET:-$system-$machine}
library=$library_folder/libherd-kernels-$target.so

compiler=
for candidate in ${CC:-cc gcc clang}; do
    if command -v "$candidate" >/dev/null 2>&1; then
        compiler=$candidate
        break
    fi
done
if [ -z "$compiler" ]; then
    echo "herd-kernels-native: no C compiler (cc, gcc or clang), so the native kernels are left out of this build"
    rm -f "$library"
    exit 0
fi
if [ -f "$library" ] && [ -z "$(find "$sources" "$0" -newer "$library")" ]; then
    exit 0
fi

mkdir -p "$library_folder" "$object_folder"
optimise='-O2 -ftree-vectorize'
case $("$compiler" --version) in
    *clang*) ;;
    *) optimise="$optimise -fvect-cost-model=dynamic" ;;
esac
processes=
for source in "$sources"/*.c; do
    "$compiler" $optimise -std=gnu11 -fPIC -fvisibility=hidden -fno-math-errno -Wall -Wextra -Wno-psabi \
        -c "$source" -o "$object_folder/$(basename "$source" .c).o" &
    processes="$processes $!"
done
for process in $processes; do
    wait "$process"
done
"$compiler" -shared "$object_folder"/*.o -lm -o "$library"
