<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
    <context>
        <name>agent</name>
        <message>
            <source>Collect garbage</source>
            <translation>回收垃圾</translation>
        </message>
        <message>
            <source>Trim heap</source>
            <translation>收缩堆</translation>
        </message>
        <message>
            <source>Release gradients</source>
            <translation>释放梯度</translation>
        </message>
        <message>
            <source>Empty device cache</source>
            <translation>清空设备缓存</translation>
        </message>
        <message>
            <source>Empty pinned cache</source>
            <translation>清空锁页缓存</translation>
        </message>
        <message>
            <source>Clear a cache</source>
            <translation>清空一个缓存</translation>
        </message>
        <message>
            <source>Reset peaks</source>
            <translation>重置峰值</translation>
        </message>
        <message>
            <source>Diagnose growth</source>
            <translation>诊断增长</translation>
        </message>
        <message>
            <source>Set a pool</source>
            <translation>设置内存池</translation>
        </message>
        <message>
            <source>Trim pools</source>
            <translation>收缩内存池</translation>
        </message>
        <message>
            <source>Empties one functools cache, or linecache. Its results are computed again when they are asked for; what a cache served as a singleton is made anew.</source>
            <translation>清空一个 functools 缓存或 linecache。再次需要时会重新计算其结果；被当作单例使用的缓存对象会重新创建。</translation>
        </message>
        <message>
            <source>Returns device memory that torch's caching allocator holds but does not use, so that others can have it. The next allocations are slower until the cache has filled again.</source>
            <translation>归还 torch 缓存分配器持有但未使用的设备内存，供其他进程使用。在缓存重新填满之前，后续分配会变慢。</translation>
        </message>
        <message>
            <source>Frees page-locked host memory that torch keeps for the next transfer. Transfers are slower until it is back.</source>
            <translation>释放 torch 为下次传输保留的锁页主机内存。在其恢复之前，传输会变慢。</translation>
        </message>
        <message>
            <source>Sets the allocators' peaks to the present level, to see the peak of what comes next. A script that reports its own peaks will report them from now on.</source>
            <translation>把各分配器的峰值设为当前值，以便观察之后的峰值。自行报告峰值的脚本将从现在起计算。</translation>
        </message>
        <message>
            <source>Frees what can be freed, one way at each of the next step boundaries, and measures what each gives back: collecting garbage, emptying the device cache and the pinned cache, trimming the heap. The way that frees the memory names the cause; if none does, something truly holds it. The model is not touched.</source>
            <translation>在接下来的每个步边界用一种方式释放可释放的内存，并测量各自归还多少：回收垃圾、清空设备缓存与锁页缓存、收缩堆。哪种方式释放了内存，原因就是哪种；若都没有，则确有对象持有它。模型不受影响。</translation>
        </message>
        <message>
            <source>Frees the gradients right after the optimizer has used them, as zero_grad(set_to_none=True) does; the next backward makes them anew. A loop that reads gradients after the step, or on purpose never clears them, would notice.</source>
            <translation>在优化器用过梯度后立即释放，如同 zero_grad(set_to_none=True)；下次反向传播会重新生成。在 step 之后读取梯度、或有意从不清零的循环会受到影响。</translation>
        </message>
        <message>
            <source>Runs Python's garbage collector over all generations. Frees objects that refer to each other in circles; resident memory falls only when the heap is trimmed afterwards.</source>
            <translation>对所有代运行 Python 的垃圾回收器。释放循环引用的对象；常驻内存要在随后收缩堆时才会下降。</translation>
        </message>
        <message>
            <source>Gives memory that was freed but is kept by the C heap back to the system. Nothing that is in use is touched.</source>
            <translation>把已释放但仍由 C 堆保留的内存归还系统。不触及任何在用的内存。</translation>
        </message>
        <message>
            <source>Changes settings of a pool or buffer while the training runs. The effect on memory and step time is told some steps later.</source>
            <translation>在训练运行时更改内存池或缓冲区的设置。若干步之后会报告其对内存和步耗时的影响。</translation>
        </message>
        <message>
            <source>Gives back what a pool holds for reuse and nobody has, or empties a cache. It fills again as it is used, and the next steps are slower for it.</source>
            <translation>归还内存池为复用而保留且无人使用的部分，或清空缓存。使用时会再次填充，因此接下来的几步会变慢。</translation>
        </message>
        <message>
            <source>Prune units and heads</source>
            <translation>剪除单元与注意力头</translation>
        </message>
        <message>
            <source>Takes whole units, channels and heads out, with their gradients and optimizer state; a smaller dense model trains on. The loss rises at first. Everything is backed up to disk before.</source>
            <translation>移除整个单元、通道和注意力头，连同其梯度和优化器状态；训练以更小的稠密模型继续。损失起初会上升。之前会把全部内容备份到磁盘。</translation>
        </message>
        <message>
            <source>Modules</source>
            <translation>模块</translation>
        </message>
        <message>
            <source>Names or globs, separated by commas, with all below them; empty for all.</source>
            <translation>名称或通配模式，以逗号分隔，包含其下全部；留空表示全部。</translation>
        </message>
        <message>
            <source>Share of the units that goes</source>
            <translation>移除单元的比例</translation>
        </message>
        <message>
            <source>Bytes to free, instead of a ratio</source>
            <translation>要释放的字节数（代替比例）</translation>
        </message>
        <message>
            <source>0 to go by the ratio.</source>
            <translation>0 表示按比例。</translation>
        </message>
        <message>
            <source>Ranking</source>
            <translation>排序范围</translation>
        </message>
        <message>
            <source>The same share of each layer, or one ranking over all.</source>
            <translation>各层比例相同，或全部统一排序。</translation>
        </message>
        <message>
            <source>What matters least goes, by</source>
            <translation>最不重要者先移除，依据</translation>
        </message>
        <message>
            <source>The norm of a unit's weights, or with taylor weight times gradient.</source>
            <translation>单元权重的范数；taylor 则为权重乘以梯度。</translation>
        </message>
        <message>
            <source>Undo when the loss exceeds this multiple of the loss before</source>
            <translation>损失超过之前损失的这个倍数时撤销</translation>
        </message>
        <message>
            <source>0 for no guard.</source>
            <translation>0 表示不设防护。</translation>
        </message>
        <message>
            <source>… for so many steps in a row</source>
            <translation>……连续这么多步</translation>
        </message>
        <message>
            <source>Backup folder</source>
            <translation>备份文件夹</translation>
        </message>
        <message>
            <source>Empty for $MEMGUI_BACKUP_DIR, else the user's cache.</source>
            <translation>留空则用 $MEMGUI_BACKUP_DIR，否则用用户的缓存目录。</translation>
        </message>
        <message>
            <source>Compute activations again</source>
            <translation>重新计算激活</translation>
        </message>
        <message>
            <source>Blocks keep only their inputs between forward and backward and compute the rest once more. Gradients stay the same to the bit; a step takes a third longer or more. Memory is free from the next step on.</source>
            <translation>各块在前向与反向之间只保留输入，其余重新计算一次。梯度逐位不变；每步耗时增加三分之一或更多。内存从下一步起释放。</translation>
        </message>
        <message>
            <source>Optimizer state in 8 bits</source>
            <translation>8 位优化器状态</translation>
        </message>
        <message>
            <source>exp_avg and exp_avg_sq of Adam, AdamW, NAdam and RAdam are stored in eight bits a value; the optimizer steps on in full precision, a few parameters at a time.</source>
            <translation>Adam、AdamW、NAdam 和 RAdam 的 exp_avg 与 exp_avg_sq 以每值八位存储；优化器仍以全精度更新，每次处理少量参数。</translation>
        </message>
        <message>
            <source>Optimizer state out of the way</source>
            <translation>移走优化器状态</translation>
        </message>
        <message>
            <source>State that is not in use goes from a device to host memory, and from host memory to a mapped file. The next step that uses it brings it back to the bit.</source>
            <translation>未使用的状态从设备移到主机内存，从主机内存移到映射文件。下一次使用它的步会逐位恢复。</translation>
        </message>
        <message>
            <source>Which</source>
            <translation>哪些</translation>
        </message>
        <message>
            <source>idle: of parameters that the last step left alone; all: before the run pauses.</source>
            <translation>idle：上一步未更新的参数；all：在运行暂停之前。</translation>
        </message>
        <message>
            <source>Keep the largest weights only</source>
            <translation>只保留最大的权重</translation>
        </message>
        <message>
            <source>The smallest weights of linear layers go for good; the others are held as a vector, with one bit for each place, and their gradients and optimizer state with them. Layers keep their shape, and are slower.</source>
            <translation>线性层中最小的权重永久移除；其余以向量保存，每个位置一位，其梯度和优化器状态随之。各层形状不变，但会变慢。</translation>
        </message>
        <message>
            <source>Share of the weights that goes</source>
            <translation>移除权重的比例</translation>
        </message>
        <message>
            <source>Weights in 8 bits</source>
            <translation>8 位权重</translation>
        </message>
        <message>
            <source>Linear layers hold their weight in int8 with a scale for each row: layers that are not trained, or trained ones as the base of small adapters (LoRA) that are trained in their place.</source>
            <translation>线性层以 int8 保存权重，每行一个缩放系数：未训练的层，或作为小型适配器（LoRA）的基底、由适配器代为训练的层。</translation>
        </message>
        <message>
            <source>frozen: layers that are not trained; adapters: trained ones, for fine-tuning.</source>
            <translation>frozen：未训练的层；adapters：训练中的层，用于微调。</translation>
        </message>
        <message>
            <source>Rank of the adapters</source>
            <translation>适配器的秩</translation>
        </message>
        <message>
            <source>Weight of the adapters, divided by the rank</source>
            <translation>适配器的权重（除以秩）</translation>
        </message>
        <message>
            <source>this run uses no accelerator (cuda or xpu): there is no device memory to act on</source>
            <translation>此运行未使用加速器（cuda 或 xpu）：没有可操作的设备内存</translation>
        </message>
        <message>
            <source>torch is not imported in this process</source>
            <translation>此进程未导入 torch</translation>
        </message>
        <message>
            <source>this version of torch has no call that empties the cache of page-locked memory</source>
            <translation>此版本的 torch 没有清空锁页内存缓存的调用</translation>
        </message>
        <message>
            <source>no optimizer step was seen yet, so it is not known which model is trained</source>
            <translation>尚未见到优化器的 step，因此还不知道训练的是哪个模型</translation>
        </message>
        <message>
            <source>Held as</source>
            <translation>保存方式</translation>
        </message>
        <message>
            <source>pattern: least memory; csr: fast, for layers in eval mode whose weights rest; auto: csr for these where it pays, else pattern.</source>
            <translation>pattern：内存最少；csr：快速，适用于处于 eval 模式且权重不变的层；auto：划算时对这些层用 csr，否则用 pattern。</translation>
        </message>
    </context>
</TS>
