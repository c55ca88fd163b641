# helloworld answers with another version in each cluster, sleep is where calls are made
# from: `kubectl exec` into it and call helloworld.sample:5000/hello some times.

locals {
  versions = { for i, name in sort(keys(var.clusters)) : name => "v${i + 1}" }
}

resource "istio_manifest" "samples" {
  for_each = var.samples ? var.clusters : {}
  cluster  = istio_cluster.this[each.key].connection
  wait     = { ready = true }
  yaml     = templatefile("${path.module}/samples.yaml", { version = local.versions[each.key] })

  # The namespace's pods are injected by a running istiod.
  depends_on = [istio_control_plane.this]
}
