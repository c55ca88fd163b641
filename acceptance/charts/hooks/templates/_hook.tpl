{{- define "hooks.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  annotations:
    helm.sh/hook: {{ .event }}
    helm.sh/hook-weight: {{ .weight | quote }}
    {{- with .root.Values.policy }}
    helm.sh/hook-delete-policy: {{ . }}
    {{- end }}
spec:
  backoffLimit: 0
  template:
    metadata:
      {{- if eq .root.Values.failing .event }}
      annotations: {acceptance/outcome: fails}
      {{- end }}
      labels: {app: hooks}
    spec:
      restartPolicy: Never
      containers:
        - name: run
          image: registry.example.com/run:1
{{- end }}
