# A workspace of HCP Terraform, whose runs log in with their own identity.
terraform {
  required_version = ">= 1.8"

  required_providers {
    tfe = {
      source  = "hashicorp/tfe"
      version = ">= 0.60"
    }
  }
}

variable "enos_secret_key" {
  description = "The secret key of the application that the runs call EnOS as."
  type        = string
  sensitive   = true
}

variable "oauth_token_id" {
  description = "The connection to the repository."
  type        = string
}

locals {
  # Each run gets a token for each audience, and the provider looks for it under these names.
  environment = {
    TFC_WORKLOAD_IDENTITY_AUDIENCE_HUAWEICLOUD = "huaweicloud"
    HW_REGION_NAME                             = "ap-southeast-3"
    HW_PROJECT_ID                              = "2b31ed520a00421fbedb6e57a3b1c2d4"
    HW_ASSUME_ROLE_IDP_ID                      = "hcp-terraform"
    HW_ASSUME_ROLE_AGENCY_NAME                 = "access"
    HW_ASSUME_ROLE_DOMAIN_ID                   = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

    ENOS_GATEWAY_URL = "https://apim.example.com"
    ENOS_ORG_ID      = "o15000000000001"
    ENOS_ACCESS_KEY  = "4f6c1b1e-0000-4000-8000-00000000acc0"

    TFC_WORKLOAD_IDENTITY_AUDIENCE_VENAFI = "venafi"
    VENAFI_URL                            = "https://tpp.example.com"
    VENAFI_CLIENT_ID                      = "hcp-terraform"
  }
}

resource "tfe_workspace" "access" {
  name         = "access"
  organization = "example"

  auto_apply          = false # somebody reads the plan and confirms
  assessments_enabled = true  # a look every day at what differs

  vcs_repo {
    identifier     = "example/access"
    oauth_token_id = var.oauth_token_id
  }
}

resource "tfe_variable" "access" {
  for_each = local.environment

  workspace_id = tfe_workspace.access.id
  category     = "env"
  key          = each.key
  value        = each.value
}

resource "tfe_variable" "enos_secret_key" {
  workspace_id = tfe_workspace.access.id
  category     = "env"
  key          = "ENOS_SECRET_KEY"
  value        = var.enos_secret_key
  sensitive    = true
}
