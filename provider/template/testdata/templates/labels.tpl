metadata:
  labels: {{- include "labels" . | nindent 4 }}
  {{- with .Values.map }}
  extra: {{ toYaml .a | indent 4 }}
  {{- else with .Values.none }}{{ . }}
  {{- else }}none
  {{- end }}
