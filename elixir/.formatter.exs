[
  inputs:
    for folder <- [".", "../examples/rooms"],
        files <- ["{mix,.formatter}.exs", "{lib,test}/**/*.{ex,exs}"] do
      Path.join(folder, files)
    end
]
