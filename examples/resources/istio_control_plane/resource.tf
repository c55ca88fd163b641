resource "istio_control_plane" "east" {
  cluster = istio_cluster.east.connection
  version = "1.27.3"
  mesh_id = "mesh1"
  cacerts = istio_cacerts.east.id

  pilot_env   = { PILOT_SKIP_VALIDATE_TRUST_DOMAIN = "true" }
  mesh_config = { accessLogFile = "/dev/stdout" }
  values      = { resources = { requests = { cpu = "500m", memory = "1Gi" } } }
}

# A canary: istiod of the next version beside the first, for the namespaces that ask for
# the tag.
resource "istio_control_plane" "canary" {
  cluster       = istio_cluster.east.connection
  version       = "1.28.0"
  revision      = "1-28"
  revision_tags = ["canary"]
  mesh_id       = "mesh1"
  cacerts       = istio_cacerts.east.id
}
