list "appaccess_huaweicloud_app_authorizations_exclusive" "ledger" {
  provider         = appaccess
  include_resource = true

  config {
    name = "Ledger"
  }
}
