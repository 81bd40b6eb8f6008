import helper
import tool
from tool import inner
for x in range(3):
    print(helper.work(x), tool.NAME, inner.compute(x))
print(helper.__file__, helper.__cached__ is not None, helper.__spec__.origin, type(helper.__loader__).__name__)
helper.fail()
