{{- $a := 1 -}}{{ $b := dict "x" (list 1 2) }}{{ $a = add $a 2 }}{{ $b.x }} {{ (index $b "x") | first }} {{ $ | len }} {{ .Values.map.a.x }} {{ (.Values.none).deep }}
{{/* comment */}}{{- /* trimmed */ -}} {{ `raw "text"` }} {{ "a\tb\u00e9\x41" }} {{ 'x' }} {{ 0x1F }} {{ 1_000 }} {{ 1e3 }} {{ -3 }} {{ 1i }}
