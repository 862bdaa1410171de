ephemeral "appaccess_venafi_access_token" "certificates" {
  client_id = "MyIntegration"
  scope     = "certificate"
}

# Ephemeral values go into provisioners, provider blocks, write-only arguments and other ephemeral resources.
resource "terraform_data" "enroll" {
  provisioner "local-exec" {
    command = "./enroll.sh"
    environment = {
      VENAFI_TOKEN = ephemeral.appaccess_venafi_access_token.certificates.access_token
    }
  }
}
