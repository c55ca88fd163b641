terraform import mesh_workspace.bookinfo 'cluster=mgmt,kubeconfig=~/.kube/config,context=kind-mgmt,name=bookinfo'
