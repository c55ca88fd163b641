{{ range $i, $v := .Values.list }}{{ if eq $i 2 }}{{ continue }}{{ end }}{{ $i }}={{ $v }}{{ if gt $i 2 }}{{ break }}{{ end }}{{ else }}empty{{ end }}
{{ range $k, $v := .Values.map }}{{ $k }}:{{ $v | toJson }}{{ end }}{{ range 3 }}{{ . }}{{ end }}{{ range until 4 }}{{ . }}{{ end }}
