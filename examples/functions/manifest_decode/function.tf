locals {
  objects = provider::istio::manifest_decode(<<-YAML
    apiVersion: v1
    kind: Namespace
    metadata:
      name: bookinfo
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: reviews
      namespace: bookinfo
  YAML
  )
}

output "kinds" {
  value = [for object in local.objects : object.kind]
}
