{{- define "istio.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: istio
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "istio.cni.labels" -}}
app: istio-cni
release: {{ .Release.Name }}
istio.io/rev: {{ .Values.revision | default "default" | quote }}
app.kubernetes.io/name: istio-cni
{{ include "istio.labels" . }}
{{- end }}
