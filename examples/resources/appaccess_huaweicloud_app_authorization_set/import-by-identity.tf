import {
  to = appaccess_huaweicloud_app_authorization_set.cad
  identity = {
    app_ids = ["3f791197-d166-4c8e-81e4-38c40ffc1989", "62f48b59-3e1c-4b0a-8a3c-52c3f1f4a7d0"]
  }
}
