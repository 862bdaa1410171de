# Who may use what. `make demo` walks through it with mock services on this machine; to do it by hand, start them with
#   go run ./internal/mockbackend/cmd/mockbackend
# and see "A build of your own" in the README.

terraform {
  required_version = ">= 1.8"

  required_providers {
    appaccess = {
      source  = "appaccess/appaccess"
      version = ">= 0.1"
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
  huaweicloud {
    region             = "ap-southeast-3"
    access_key         = "DEMOACCESSKEY0000001"
    secret_key         = "demo-huaweicloud-secret-key"
    workspace_endpoint = var.services
    iam_endpoint       = var.services
  }
  enos {
    gateway_url = var.services
    access_key  = "11111111-2222-3333-4444-555555555555"
    secret_key  = "demo-enos-secret-key"
    org_id      = "o15000000000001"
  }
  venafi {
    url       = var.services
    client_id = "appaccess"
    username  = "local:admin"
    password  = "demo-venafi-password"
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

# EnOS: the Maintenance Portal may read this data of the organization.
resource "appaccess_enos_app_data_authorization" "portal" {
  app_id               = "66666666-7777-8888-9999-000000000000"
  data_authorize_types = ["USER", "ASSET", "ROLE"]
}

# Venafi: alice maintains the API integration MyIntegration.
resource "appaccess_venafi_oauth_role_grant" "maintainer" {
  grantee        = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
  role           = "application_maintainer"
  application_id = "MyIntegration"
}
