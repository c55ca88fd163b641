terraform import istio_remote_secret.east_sees_west 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=east,remote=west,remote_network=network2,remote_context=west'
