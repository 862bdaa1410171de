# Who may use what. `make demo` walks through it with mock services on this machine; to do it by hand, start them with
#   go run ./internal/mockbackend/cmd/mockbackend
# and see "A build of your own" in the README.

terraform {
  required_providers {
    appaccess = {
      source = "appaccess/appaccess"
    }
  }
}

variable "services" {
  description = "The address of the mock services."
  type        = string
  default     = "http://127.0.0.1:8080"
}

# These are the credentials of the mock services, which everybody may know. Real ones come from the environment.
provider "appaccess" {
  huaweicloud = {
    region             = "ap-southeast-3"
    access_key         = "DEMOACCESSKEY0000001"
    secret_key         = "demo-huaweicloud-secret-key"
    workspace_endpoint = var.services
    iam_endpoint       = var.services
  }
}

# Huawei Cloud Workspace: these accounts may use CAD Workbench and Render Queue.
resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = [
    "3f791197-d166-4c8e-81e4-38c40ffc1989", # CAD Workbench
    "62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80", # Render Queue
  ]

  users = {
    "local.com"        = { zhangsan = "LOCAL", lisi = "LOCAL" }
    "corp.example.com" = { wangwu = "AD" }
  }
  user_groups = {
    "corp.example.com" = { engineering = "AD" }
  }

  max_revocations = 10
}
