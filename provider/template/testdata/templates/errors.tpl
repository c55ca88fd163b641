{{ if .Values.off }}{{ .Values.none.deep }}{{ else if .Values.name.x }}{{ end }}{{ fail (printf "a%s" .Values.name) }}{{ index nil 1 }}{{ len 1 }}
