# By name: the ID that roles are granted to.
data "appaccess_venafi_identity" "carol" {
  name = "AD+corp:carol"
}

output "grantee" {
  value = data.appaccess_venafi_identity.carol.prefixed_universal
}

# By ID: whom it belongs to.
data "appaccess_venafi_identity" "somebody" {
  prefixed_universal = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
}

output "name" {
  value = data.appaccess_venafi_identity.somebody.name
}
