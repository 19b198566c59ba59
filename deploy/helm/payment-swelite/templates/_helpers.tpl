{{/* The release's name, unless it already says what this is. */}}
{{- define "payment.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* What never changes of a role: (dict "root" $ "role" "ingest"). */}}
{{- define "payment.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "payment.labels" -}}
{{ include "payment.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "payment.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Where everything is, and who this is: (dict "root" $ "role" "ingest" "port" 8080 "settings" (dict)). */}}
{{- define "payment.environment" -}}
{{- $values := .root.Values -}}
- name: SERVER_PORT
  value: {{ .port | quote }}
- name: SWELITE_LISTEN
  value: 0.0.0.0
# The NetworkPolicy of this release decides who is in that network.
- name: SWELITE_TRUST_NETWORK
  value: "on"
- name: PAYMENT_DB_HOST
  value: {{ $values.mariadb.host | quote }}
- name: PAYMENT_DB_PORT
  value: {{ $values.mariadb.port | quote }}
- name: PAYMENT_DB_NAME
  value: {{ $values.mariadb.database | quote }}
- name: PAYMENT_DB_USER
  value: {{ $values.mariadb.user | quote }}
- name: PAYMENT_DB_PASSWORD_FILE
  value: /run/secrets/mariadb/password
- name: KAFKA_BOOTSTRAP_SERVERS
  value: {{ $values.kafka.bootstrapServers | quote }}
- name: REDIS_HOST
  value: {{ $values.redis.host | quote }}
- name: REDIS_PORT
  value: {{ $values.redis.port | quote }}
{{- if $values.redis.existingSecret }}
- name: REDIS_PASSWORD_FILE
  value: /run/secrets/redis/password
{{- end }}
{{- with $values.traces.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- range $name, $value := merge (dict) .settings $values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "payment.mounts" -}}
- name: tmp
  mountPath: /tmp
- name: mariadb
  mountPath: /run/secrets/mariadb
  readOnly: true
{{- if .Values.redis.existingSecret }}
- name: redis
  mountPath: /run/secrets/redis
  readOnly: true
{{- end }}
{{- end }}

{{- define "payment.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
- name: mariadb
  secret:
    secretName: {{ .Values.mariadb.existingSecret }}
    items:
      - key: {{ .Values.mariadb.existingSecretKey }}
        path: password
{{- if .Values.redis.existingSecret }}
- name: redis
  secret:
    secretName: {{ .Values.redis.existingSecret }}
    items:
      - key: {{ .Values.redis.existingSecretKey }}
        path: password
{{- end }}
{{- end }}

{{/* A hook runs before the release's own account exists; neither needs any rights. */}}
{{- define "payment.pod" -}}
{{- if not .hook }}
serviceAccountName: {{ include "payment.name" . }}
{{- end }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "payment.hardened" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
