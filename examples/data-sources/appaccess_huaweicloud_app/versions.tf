terraform {
  required_version = ">= 1.8"

  required_providers {
    appaccess = {
      source  = "appaccess/appaccess"
      version = ">= 0.1"
    }
  }
}
