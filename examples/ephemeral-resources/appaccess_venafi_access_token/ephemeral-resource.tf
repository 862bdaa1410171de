ephemeral "appaccess_venafi_access_token" "certificates" {
  client_id = "certificates"
  scope     = "certificate:manage"
}

# Ephemeral values go into provider blocks, into write-only arguments, and into other ephemeral resources.
provider "venafi" {
  url          = "https://tpp.example.com"
  access_token = ephemeral.appaccess_venafi_access_token.certificates.access_token
}
