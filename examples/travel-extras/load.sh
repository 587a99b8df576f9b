#!/bin/sh
# Loads the generated partners, offers and bookings into the datasets of 20-catalog.yaml; a dataset that was loaded
# before is left alone. Needs curl and, in the environment:
#   SLUICE_URL    http://127.0.0.1:8080
#   SLUICE_TOKEN  a token of a principal that may write to the domain travel (the demo's owner is admin)
# usage: load.sh [SEED [ROWS]]      as for generate.sh
set -eu
umask 077
here=$(dirname "$0")
: "${SLUICE_URL:?is not set: where the server listens, such as http://127.0.0.1:8080}"
: "${SLUICE_TOKEN:?is not set: the admin token is in the data dir, in admin-token}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# In a file, so that the token shows in no process list.
printf 'header = "Authorization: Bearer %s"\n' "$SLUICE_TOKEN" >"$work/curlrc"

call() { curl --config "$work/curlrc" --silent --show-error --fail-with-body "$@"; }

"$here/generate.sh" "${1-1}" "${2-5000}" "$work"
for name in partners offers bookings; do
    dataset=$SLUICE_URL/api/v1/datasets/travel.$name
    # A load is all or nothing, so a dataset that has been loaded has all its rows.
    call "$dataset" >"$work/dataset.json" || {
        cat "$work/dataset.json" >&2
        echo >&2
        exit 1
    }
    if ! grep -Eq '"loadedAt" *: *null' "$work/dataset.json"; then
        echo "travel.$name: loaded before"
        continue
    fi
    call --request POST --header 'Content-Type: text/csv' --upload-file "$work/$name.csv" "$dataset/rows" \
        >"$work/answer.json" || {
        cat "$work/answer.json" >&2
        echo >&2
        exit 1
    }
    echo "travel.$name: $(cat "$work/answer.json")"
done
