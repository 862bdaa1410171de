import {
  to = appaccess_huaweicloud_app_authorizations_exclusive.ledger
  identity = {
    app_ids = ["8d2c0b7e-5f14-4a9b-b3c6-0e9f8a7d6c51"]
  }
}
