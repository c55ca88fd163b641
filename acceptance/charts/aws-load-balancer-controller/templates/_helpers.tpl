{{- define "controller.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "controller.fullname" -}}
{{- $name := include "controller.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "controller.account" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "controller.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "controller.selector" -}}
app.kubernetes.io/name: {{ include "controller.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "controller.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "controller.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.additionalLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The names of the release's own objects have one prefix; those of webhooks are fixed. */}}
{{- define "controller.webhookService" -}}
aws-load-balancer-webhook-service
{{- end }}
{{- define "controller.tlsSecret" -}}
aws-load-balancer-tls
{{- end }}

{{- /* {ca, crt, key}: those of the Secret that is there, or new ones. */}}
{{- define "controller.tls" -}}
{{- $service := include "controller.webhookService" . }}
{{- $old := dict }}
{{- if .Values.keepTLSSecret }}
{{- $old = lookup "v1" "Secret" .Release.Namespace (include "controller.tlsSecret" .) | default dict }}
{{- end }}
{{- if $old.data }}
ca: {{ index $old.data "ca.crt" }}
crt: {{ index $old.data "tls.crt" }}
key: {{ index $old.data "tls.key" }}
{{- else }}
{{- $names := list (printf "%s.%s" $service .Release.Namespace) (printf "%s.%s.svc" $service .Release.Namespace) }}
{{- $ca := genCA "aws-load-balancer-controller-ca" 3650 }}
{{- $cert := genSignedCert (include "controller.fullname" .) nil $names 3650 $ca }}
ca: {{ b64enc $ca.Cert }}
crt: {{ b64enc $cert.Cert }}
key: {{ b64enc $cert.Key }}
{{- end }}
{{- end }}

{{- /* A dict of the root, what tls says, a path. */}}
{{- define "controller.webhookClient" -}}
clientConfig:
  service:
    name: {{ include "controller.webhookService" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
  caBundle: {{ .tls.ca }}
sideEffects: None
admissionReviewVersions: ["v1beta1"]
{{- end }}
