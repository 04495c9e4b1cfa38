-- SPDX-License-Identifier: Apache-2.0
-- wrk -s paths.lua URL -- FILE     GET of a path of the file's lines, any one,
-- with the header of the environment variable COOKIE
local paths, header = {}, {}
function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  math.randomseed(7 + tonumber(tostring(os.time()):sub(-4)))
  local cookie = os.getenv("COOKIE")
  if cookie then header["Cookie"] = cookie end
end
function request()
  return wrk.format("GET", paths[math.random(#paths)], header)
end
