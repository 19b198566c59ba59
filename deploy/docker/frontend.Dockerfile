# The door that browsers use, on port 5173: store, console and API under one origin. The pages themselves are part of the
# platform's binary, with their security headers, so there is one place that decides what a page may do.
FROM nginxinc/nginx-unprivileged:1.29-alpine
COPY deploy/docker/frontend.conf.template /etc/nginx/templates/default.conf.template
ENV API_URL=http://ingest-service:8080 \
    NGINX_ENTRYPOINT_LOCAL_RESOLVERS=1 \
    NGINX_ENVSUBST_OUTPUT_DIR=/tmp
# The image's own main file reads from a folder that is read-only at run time; ours reads from where the template is rendered to.
COPY deploy/docker/nginx.conf /etc/nginx/nginx.conf
USER 101
EXPOSE 5173
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 \
    CMD ["wget", "--quiet", "--spider", "http://127.0.0.1:5173/healthz"]
