terraform {
  required_version = ">= 1.8"

  required_providers {
    appaccess = {
      source  = "appaccess/appaccess"
      version = ">= 0.1"
    }
  }
}

# Configure what you use. Everything may come from the environment instead: then a service needs no part here at all.
provider "appaccess" {
  huaweicloud {
    region     = "ap-southeast-3"
    access_key = var.huaweicloud_access_key
    secret_key = var.huaweicloud_secret_key
  }

  enos {
    gateway_url = "https://apim.example.com"
    access_key  = var.enos_access_key
    secret_key  = var.enos_secret_key
    org_id      = "o15000000000001"
  }

  venafi {
    url       = "https://tpp.example.com"
    client_id = "terraform"
    jwt       = var.pipeline_jwt
  }
}

variable "huaweicloud_access_key" {
  type = string
}

variable "huaweicloud_secret_key" {
  type      = string
  sensitive = true
}

variable "enos_access_key" {
  type = string
}

variable "enos_secret_key" {
  type      = string
  sensitive = true
}

variable "pipeline_jwt" {
  type      = string
  sensitive = true
}
