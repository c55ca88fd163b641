{{- define "istio.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: istio
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* "-canary" for the revision canary, nothing for the default one. */}}
{{- define "istiod.suffix" -}}
{{- if and .Values.revision (ne .Values.revision "default") }}-{{ .Values.revision }}{{ end }}
{{- end }}

{{- define "istiod.revision" -}}
{{ .Values.revision | default "default" }}
{{- end }}

{{- /* Is more than one replica meant to run? */}}
{{- define "istiod.severalReplicas" -}}
{{- if .Values.autoscaleEnabled }}{{ gt (int .Values.autoscaleMin) 1 }}{{ else }}{{ gt (int .Values.replicaCount) 1 }}{{ end }}
{{- end }}

{{- define "istiod.labels" -}}
app: istiod
istio.io/rev: {{ include "istiod.revision" . | quote }}
release: {{ .Release.Name }}
app.kubernetes.io/name: istiod
{{ include "istio.labels" . }}
{{- end }}

{{- define "istiod.mesh" }}
# Where the mesh's own services are.
rootNamespace: {{ .Values.global.istioNamespace }}
trustDomain: {{ .Values.global.trustDomain | default "cluster.local" | quote }}
defaultConfig:
  {{- with .Values.global.meshID }}
  meshId: {{ . | quote }}
  {{- end }}
  {{- if .Values.global.remotePilotAddress }}
  discoveryAddress: {{ printf "istiod.%s.svc:15012" .Release.Namespace }}
  {{- else }}
  discoveryAddress: {{ printf "istiod%s.%s.svc:15012" (include "istiod.suffix" .) .Release.Namespace }}
  {{- end }}
defaultProviders:
  metrics:
  - prometheus
extensionProviders:
- name: prometheus
  prometheus: {}
{{- end }}

{{- /* What all rules of an injector have in common: a dict of the root, a name, a path. */}}
{{- define "istiod.injectorRule" }}
- name: {{ .name }}
  clientConfig:
    {{- if .root.Values.istiodRemote.injectionURL }}
    url: {{ .root.Values.istiodRemote.injectionURL | quote }}
    {{- else }}
    service:
      name: istiod{{ include "istiod.suffix" .root }}
      namespace: {{ .root.Release.Namespace }}
      path: {{ .root.Values.istiodRemote.injectionPath | quote }}
      port: 443
    {{- end }}
    {{- with .root.Values.istiodRemote.injectionCABundle }}
    caBundle: {{ . | quote }}
    {{- end }}
  sideEffects: None
  rules:
  - operations: ["CREATE"]
    apiGroups: [""]
    apiVersions: ["v1"]
    resources: ["pods"]
  failurePolicy: {{ .root.Values.standIn.injectorFailurePolicy }}
  timeoutSeconds: {{ .root.Values.standIn.webhookTimeoutSeconds }}
  reinvocationPolicy: {{ .root.Values.sidecarInjectorWebhook.reinvocationPolicy | quote }}
  admissionReviewVersions: ["v1"]
{{- end }}

{{- /* The two rules by revision: a dict of the root, a name prefix, a list of revisions and tags. */}}
{{- define "istiod.injectorByRevision" }}
{{- include "istiod.injectorRule" (dict "root" .root "name" (printf "rev.namespace.%s" .domain)) }}
  namespaceSelector:
    matchExpressions:
    - {key: istio.io/rev, operator: In, values: {{ toJson .revisions }}}
    - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
    - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
{{- include "istiod.injectorRule" (dict "root" .root "name" (printf "rev.object.%s" .domain)) }}
  namespaceSelector:
    matchExpressions:
    - {key: istio.io/rev, operator: DoesNotExist}
    - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
    - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
    - {key: istio.io/rev, operator: In, values: {{ toJson .revisions }}}
{{- end }}

{{- /* The two rules of the default revision. */}}
{{- define "istiod.injectorDefault" }}
{{- include "istiod.injectorRule" (dict "root" .root "name" (printf "namespace.%s" .domain)) }}
  namespaceSelector:
    matchExpressions:
    - {key: istio-injection, operator: In, values: [enabled]}
  objectSelector:
    matchExpressions:
    - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
{{- include "istiod.injectorRule" (dict "root" .root "name" (printf "object.%s" .domain)) }}
  namespaceSelector:
    matchExpressions:
    - {key: istio-injection, operator: DoesNotExist}
    - {key: istio.io/rev, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
    - {key: sidecar.istio.io/inject, operator: In, values: ["true"]}
    - {key: istio.io/rev, operator: DoesNotExist}
{{- end }}
