resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage     = { secret = { cluster = istio_cluster.east.connection } }
}

resource "istio_cacerts" "east" {
  cluster = istio_cluster.east.connection
  root    = istio_root_ca.mesh.signer
}

resource "istio_control_plane" "east" {
  cluster = istio_cluster.east.connection
  version = "1.27.3"
  mesh_id = "mesh1"
  cacerts = istio_cacerts.east.id

  mesh_config = {
    accessLogFile         = "/dev/stdout"
    outboundTrafficPolicy = { mode = "REGISTRY_ONLY" }
  }
  values = {
    autoscaleMin = 2
    resources    = { requests = { cpu = "500m", memory = "1Gi" } }
  }
}

# A canary: istiod of the next version beside the first, for the namespaces that ask for
# the tag.
resource "istio_control_plane" "canary" {
  cluster       = istio_cluster.east.connection
  version       = "1.28.0"
  revision      = "1-28-0"
  revision_tags = ["canary"]
  mesh_id       = "mesh1"
  cacerts       = istio_cacerts.east.id
  depends_on    = [istio_control_plane.east] # the CRDs, which all revisions share
}

# Ambient mode, from a registry of one's own.
resource "istio_control_plane" "west" {
  cluster = { name = "west", kubeconfig = { path = "~/.kube/config", context = "kind-west" } }
  version = "1.27.3"
  profile = "ambient"
  network = "network2"
  mesh_id = "mesh1"
  chart   = { repository = "oci://registry.example.com/istio/charts" }
  components = {
    ztunnel = { values = { logLevel = "warn" } }
  }
}
