#!/bin/sh
# Writes partners.csv, offers.csv and bookings.csv, the same for the same SEED and ROWS on every machine.
# usage: generate.sh [SEED [ROWS [DIRECTORY]]]      defaults: 1, 5000 bookings, the current directory
set -eu
LC_ALL=C
export LC_ALL

seed=${1-1} rows=${2-5000} directory=${3-.}
for number in "$seed" "$rows"; do
    case $number in
        '' | *[!0-9]* | ??????????*)
            echo "usage: generate.sh [SEED [ROWS [DIRECTORY]]], numbers of at most nine digits" >&2
            exit 64
            ;;
    esac
done
mkdir -p "$directory"
exec awk -v "seed=$seed" -v "rows=$rows" -v "directory=$directory" -f "$(dirname "$0")/generate.awk" </dev/null
