"""How far judges agree with people: ratings and runs put together, every figure beside what people reach."""
