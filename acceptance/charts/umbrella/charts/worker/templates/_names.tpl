{{- define "worker.name" -}}
worker-of-its-own
{{- end -}}
