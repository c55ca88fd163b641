{{ define "one" }}[{{ . }}]{{ end }}{{ block "two" .Values.name }}<{{ . }}>{{ end }}{{ template "one" 5 }}{{ template "labels" . }}{{ include "again" 20 }}{{ tpl .Values.text . }}
