data "istio_chart_template" "istiod" {
  name      = "istiod"
  namespace = "istio-system"
  chart = {
    repository = "https://istio-release.storage.googleapis.com/charts"
    name       = "istiod"
    version    = "~1.27.0"
  }
  values = {
    global = { meshID = "mesh1", network = "network1" }
  }
  kube_version = "1.33"
}

output "kinds" {
  value = sort(distinct([for key in keys(data.istio_chart_template.istiod.objects) : split("/", key)[0]]))
}
