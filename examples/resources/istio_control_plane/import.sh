terraform import istio_control_plane.east 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-system'
