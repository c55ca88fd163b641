{{- define "gateway.name" -}}
{{ .Values.name | default (.Release.Name | replace "+" "-") | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gateway.account" -}}
{{ .Values.serviceAccount.create | ternary (.Values.serviceAccount.name | default (include "gateway.name" .)) (.Values.serviceAccount.name | default "default") }}
{{- end }}

{{- define "gateway.selector" -}}
app: {{ .Values.labels.app | default (include "gateway.name" .) | quote }}
istio: {{ .Values.labels.istio | default (include "gateway.name" . | trimPrefix "istio-") | quote }}
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: istio
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- range $key, $value := omit .Values.labels "app" "istio" }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- with .Values.networkGateway }}
topology.istio.io/network: {{ . | quote }}
{{- end }}
{{- end }}

{{- /* Labels that istiod's injector looks at. */}}
{{- define "gateway.inject" -}}
sidecar.istio.io/inject: "true"
{{- with .Values.revision }}
istio.io/rev: {{ . | quote }}
{{- end }}
{{- end }}
