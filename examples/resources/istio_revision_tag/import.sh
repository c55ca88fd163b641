terraform import istio_revision_tag.prod 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=kind-east,tag=prod'
