terraform import mesh_workspace_settings.bookinfo 'cluster=mgmt,kubeconfig=~/.kube/config,context=kind-mgmt,namespace=bookinfo-frontends,name=bookinfo'
