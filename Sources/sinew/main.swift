print("sinew")
