terraform {
  required_version = ">= 1.10"

  required_providers {
    appaccess = {
      source  = "appaccess/appaccess"
      version = ">= 0.1"
    }
  }
}
