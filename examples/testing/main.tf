terraform {
  required_version = ">= 1.8"

  required_providers {
    appaccess = {
      source  = "appaccess/appaccess"
      version = ">= 0.1"
    }
  }
}

variable "people" {
  description = "The file of who may use the applications."
  type        = string
  default     = "people.csv"
}

locals {
  people = csvdecode(file("${path.module}/${var.people}"))
}

resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids     = ["3f791197-d166-4c8e-81e4-38c40ffc1989"]
  users       = provider::appaccess::accounts_by_domain(local.people, "SIMPLE")
  user_groups = provider::appaccess::accounts_by_domain(local.people, "USER_GROUP")

  max_revocations = 10
}
