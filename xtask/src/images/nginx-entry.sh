#!/bin/sh
# Stands in for the entry point of the official nginx image: the parts of it that our image uses.
set -eu
NGINX_LOCAL_RESOLVERS="${NGINX_LOCAL_RESOLVERS:-127.0.0.1}"
export NGINX_LOCAL_RESOLVERS
for template in /etc/nginx/templates/*.template; do
  # shellcheck disable=SC2016,SC2094 # names of variables, not their values; and two different files
  envsubst '${NGINX_LOCAL_RESOLVERS} ${API_URL}' <"$template" >"$NGINX_ENVSUBST_OUTPUT_DIR/$(basename "$template" .template)"
done
exec "$@"
